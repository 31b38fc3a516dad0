/** The style of a contact sheet. Groups that are out of sight are not laid out, which keeps thousands of pages quick. */
export const VIEW_STYLE = `
.jump{position:sticky;top:0;z-index:2;background:var(--ground);border-bottom:1px solid var(--line);margin:0 0 1rem;padding:.5rem 0}
.jump ul{display:flex;gap:.4rem;margin:0;padding:.2rem;list-style:none;overflow-x:auto;scrollbar-width:thin}
.jump a{display:block;padding:.2rem .7rem;border-radius:1rem;background:var(--card);border:1px solid var(--line);font-size:.875rem;white-space:nowrap;text-decoration:none}
.jump a:hover{text-decoration:underline}
.group{margin:0 0 2rem;content-visibility:auto;contain-intrinsic-size:auto 60rem;scroll-margin-top:4rem}
.group.few{contain-intrinsic-size:auto 16rem}
.group header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .75rem;margin:0 0 .75rem}
.group header p{margin:0;color:var(--soft);font-size:.875rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(9.25rem,42vw),1fr));gap:1.1rem .9rem;margin:0;padding:3px;list-style:none}
.tiles.wide{grid-template-columns:repeat(auto-fill,minmax(min(13rem,100%),1fr))}
.tiles li{min-width:0;text-align:center;font-size:.8125rem;color:var(--soft);font-variant-numeric:tabular-nums}
.frame{display:flex;align-items:center;justify-content:center;aspect-ratio:1/1.4142;background:var(--desk);border-radius:.35rem;padding:.4rem;margin-bottom:.35rem;overflow:hidden;color:var(--soft);text-decoration:none}
.wide .frame{aspect-ratio:4/3}
.frame img{display:block;max-width:100%;max-height:100%;background:#fff;box-shadow:var(--shade);border-radius:1px}
a.frame:hover{outline:2px solid var(--link)}
.gap .frame,.missing .frame{background:none;border:2px dashed var(--three);padding:.5rem}
.missing img{background:none;box-shadow:none;border:0;color:var(--soft)}
.missing .cap::after{content:" · not loaded"}
.gap .cap,.missing .cap{color:var(--bad)}
.if-expired{display:none}
.expired .if-expired{display:block}
@media print{.group{content-visibility:visible;margin-bottom:1rem}.tiles,.tiles.wide{grid-template-columns:repeat(5,1fr);gap:.4rem}.tiles.wide{grid-template-columns:repeat(3,1fr)}
.tiles li{break-inside:avoid}.frame{border:1px solid var(--line);padding:0}.frame img{border-radius:0}}
`;

/**
 * Marks the pictures that do not load, counts them, and says so when the links have run out. Without it the page is whole: a browser shows the alternative
 * text of a picture that is not there.
 */
export const VIEW_SCRIPT = `
let missing=0;
document.addEventListener('error',(event)=>{
const tile=event.target instanceof HTMLImageElement?event.target.closest('li'):null;
if(!tile||tile.className==='missing')return;
tile.className='missing';missing+=1;
const note=document.getElementById('missing');
note.textContent=missing+(missing===1?' picture':' pictures')+' did not load.';
note.hidden=false;
},true);
const look=()=>{
const until=document.getElementById('until');
if(until&&Date.now()>Date.parse(until.dateTime))document.documentElement.classList.add('expired');
};
document.addEventListener('DOMContentLoaded',look);
document.addEventListener('visibilitychange',look);
`;
