/**
 * The style that all pages share. Colours are named by what they say; every pair of text and ground has a contrast of 4.5 at least, every line of a
 * plot 3 (WCAG 2.2, 1.4.3 and 1.4.11), which the tests compute from what the browser shows.
 */
export const BASE_STYLE = `
:root{color-scheme:light dark;
--ground:#f4f5f7;--card:#fff;--ink:#1a1f26;--soft:#545d68;--line:#d5dae0;--desk:#e6e9ed;--link:#0a59a8;
--good:#196b3b;--good-ground:#ddf2e4;--bad:#a8231b;--bad-ground:#fce6e4;--warn:#734a00;--warn-ground:#fdf0cf;--calm-ground:#e6e9ed;
--one:#1f6fb5;--two:#c2410c;--three:#6b7480;--four:#7e4bb3;
--shade:0 1px 2px rgb(16 24 32/.18),0 3px 10px rgb(16 24 32/.08)}
@media (prefers-color-scheme:dark){:root{
--ground:#0e1217;--card:#171c23;--ink:#e7ebf0;--soft:#a4aeba;--line:#2e3641;--desk:#222933;--link:#85bcff;
--good:#82dba3;--good-ground:#12301f;--bad:#ffaaa2;--bad-ground:#3f1815;--warn:#f3c872;--warn-ground:#392b0d;--calm-ground:#29313c;
--one:#5fa8ec;--two:#f08a54;--three:#98a3b0;--four:#b993e6;
--shade:0 1px 2px rgb(0 0 0/.6)}}
*{box-sizing:border-box}
html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",Arial,sans-serif}
.top,main,.end{max-width:84rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem)}
.top{padding-top:clamp(1.25rem,4vw,2.5rem);padding-bottom:.5rem}
main:focus{outline:none}
.end{padding-top:1.5rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem}
h1,h2,h3{line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:clamp(1.5rem,1.1rem + 1.8vw,2.125rem);margin:.15rem 0 .5rem;letter-spacing:-.015em}
h2{font-size:1.1875rem;margin:2.25rem 0 .75rem}
h3{font-size:1rem;margin:0}
p{margin:.4rem 0;max-width:70ch}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem;top:0;background:var(--card);padding:.5rem 1rem;z-index:3}
.skip:focus{left:0}
.eyebrow{color:var(--soft);font-size:.875rem;margin:0}
.soft{color:var(--soft)}
code,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.9em;overflow-wrap:anywhere}
.badges{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0 0;padding:0;list-style:none}
.badge{display:inline-block;padding:.15rem .65rem;border-radius:1rem;font-size:.875rem;font-weight:600;background:var(--calm-ground)}
.badge.good{background:var(--good-ground);color:var(--good)}
.badge.bad{background:var(--bad-ground);color:var(--bad)}
.badge.warn{background:var(--warn-ground);color:var(--warn)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(9.5rem,100%),1fr));gap:.75rem;margin:0}
.numbers div{display:flex;flex-direction:column;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.75rem .8rem}
.numbers dt{order:2;color:var(--soft);font-size:.875rem}
.numbers dd{order:1;margin:0;font-size:clamp(1.25rem,1rem + 1.2vw,1.375rem);font-weight:600;line-height:1.2;letter-spacing:-.01em}
.numbers dd.bad{color:var(--bad)}
.numbers dd+dd{order:3;color:var(--soft);font-size:.8125rem;font-weight:400;letter-spacing:0;line-height:1.4}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr));gap:0 2rem;margin:0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.35rem 1rem}
.facts div{display:grid;grid-template-columns:6.5rem 1fr;gap:.75rem;padding:.4rem 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere;min-width:0}
.notes{margin:1rem 0 0;display:grid;gap:.5rem}
.note{background:var(--warn-ground);color:var(--warn);border-radius:.6rem;padding:.6rem 1rem;margin:0;max-width:none}
.note.bad{background:var(--bad-ground);color:var(--bad)}
[hidden]{display:none!important}
@media (max-width:30rem){.facts div{grid-template-columns:1fr;gap:0}.facts{padding:.35rem .85rem}}
@media print{:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--desk:#fff;--link:#000;
--good:#124d2b;--good-ground:#fff;--bad:#8d1a13;--bad-ground:#fff;--warn:#5c3b00;--warn-ground:#fff;--calm-ground:#fff;
--one:#1f6fb5;--two:#c2410c;--three:#6b7480;--four:#7e4bb3;--shade:none}
body{font-size:10pt}.skip,.screen{display:none!important}.top,main,.end{max-width:none;padding-left:0;padding-right:0}
.badge,.note{border:1px solid currentColor}h2,h3{break-after:avoid}.note,.numbers div,.facts{break-inside:avoid}a{text-decoration:none}}
`;
