/** Of the page: readable in light and in dark, and on paper always light. */
export const PAGE_STYLE = `
:root {
  color-scheme: light;
  --ground: #ffffff; --panel: #f5f6f8; --ink: #1b1f24; --faint: #59636e; --rule: #d3d9df;
  --first: #b42318; --second: #1f5fbf; --third: #7a4fb5; --limit: #1b1f24; --void: #e3e6ea;
  --good: #1a7f37; --bad: #b42318; --wait: #9a6700;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --ground: #12161b; --panel: #1b2129; --ink: #e4e8ed; --faint: #9aa5b1; --rule: #343d48;
    --first: #ff8a7a; --second: #79b4ff; --third: #c7a5ff; --limit: #e4e8ed; --void: #2a323c;
    --good: #57d07a; --bad: #ff8a7a; --wait: #e3b341;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--rule); }
p, ul { margin: .5rem 0; }
li { margin: .25rem 0; }
.faint, .legend, figcaption { color: var(--faint); }
.outcome { display: inline-block; padding: .05rem .6rem; border: 1.5px solid currentColor; border-radius: 1rem; font-size: .85rem; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.verdict { margin: .8rem 0; padding: .7rem .9rem; background: var(--panel); border-left: 4px solid var(--rule); overflow-wrap: anywhere; }
code, pre, .verdict { font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; font-size: .85rem; }
pre { margin: .4rem 0 .9rem; padding: .6rem .8rem; background: var(--panel); white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 1rem 0; }
figcaption { font-size: .9rem; }
figure > svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .2rem 0 0; font-size: .85rem; }
.key { width: 26px; height: 10px; vertical-align: middle; }
.grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--faint); font-size: 12px; }
.limit { stroke: var(--limit); stroke-width: 1.5; stroke-dasharray: 7 4; }
.limit-name { fill: var(--limit); font-size: 12px; font-weight: 600; }
.void { fill: var(--void); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.plain { stroke: var(--second); }
.line.first { stroke: var(--first); }
.line.second { stroke: var(--second); stroke-dasharray: 6 3; }
.line.third { stroke: var(--third); stroke-dasharray: 2 3; }
.dot.first { fill: var(--first); } .dot.second { fill: var(--second); } .dot.third { fill: var(--third); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--faint); font-weight: 600; }
td.wide { white-space: normal; overflow-wrap: anywhere; width: 100%; }
tr.void td { color: var(--faint); }
@media screen and (max-width: 600px) { .tick, .limit-name { font-size: 19px; } }
@media print {
  :root { font-size: 12px; }
  body { max-width: none; padding: 0; font-size: 11px; }
  figure, tr, pre, li { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
}
`;
