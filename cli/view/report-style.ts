/** The style of a report: plots and tables. */
export const REPORT_STYLE = `
.fill.good{fill:var(--good)}.fill.bad{fill:var(--bad)}.fill.one{fill:var(--one)}.fill.two{fill:var(--two)}.fill.three{fill:var(--three)}.fill.four{fill:var(--four)}
.line{fill:none;stroke-width:2}.line.one{stroke:var(--one)}.line.two{stroke:var(--two)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(36rem,100%),1fr));gap:1rem}
.plot,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:0;padding:.9rem 1rem;min-width:0}
.plot figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1.25rem;align-items:baseline;justify-content:space-between;margin-bottom:.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:0;padding:0;list-style:none;font-size:.875rem;color:var(--soft)}
.legend svg{margin-right:.4rem}
.scroll{overflow-x:auto;scrollbar-width:thin}
.plot svg[role=img]{display:block;width:100%;min-width:33rem;height:auto}
.plot text{fill:var(--soft);font-size:14px;font-variant-numeric:tabular-nums}
.plot .axis{stroke:var(--three);fill:none}.plot .grid{stroke:var(--line);fill:none}
summary{cursor:pointer;color:var(--link);font-size:.875rem;padding:.15rem 0;width:fit-content}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.4rem .6rem;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--soft);font-weight:500;white-space:nowrap}
tbody th{font-weight:600}
.plot td,.plot thead th:not(:first-child){text-align:right}
td p{margin:0;overflow-wrap:anywhere}
.list td,.list th{min-width:7rem}
.list .text{min-width:18rem}
.bars th{width:34%;border:0}.bars td{border:0}
.bars .number{text-align:right;width:5.5rem;white-space:nowrap}
.bars .bar{padding-left:0;vertical-align:middle}
.bars svg{display:block;width:100%;height:.9rem}
.note-text{display:block;font-weight:400;color:var(--soft);font-size:.8125rem}
.number{font-variant-numeric:tabular-nums}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1rem;align-items:start}
.stack{display:grid;gap:1rem}
.card h3{margin-bottom:.25rem}
.card>p{font-size:.875rem;margin:0 0 .5rem}
@media print{.plots{grid-template-columns:1fr 1fr}.plot,.card,tr{break-inside:avoid}.plot svg[role=img]{min-width:0}.scroll{overflow:visible}.list .text{min-width:0}.list td,.list th{min-width:0}}
`;
