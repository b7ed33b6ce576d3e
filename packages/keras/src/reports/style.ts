/**
 * The style sheet of pictures and pages: light and dark by the reader's preference, one column on a phone.
 */
const LIGHT = `--dl-page:#f6f7f9;--dl-card:#fff;--dl-ink:#1b2230;--dl-soft:#5a6475;--dl-line:#e1e5eb;
--dl-right:37 99 201;--dl-wrong:214 98 20;--dl-strong:#fff;
--dl-0:#2563c9;--dl-1:#c2570c;--dl-2:#1a7f4b;--dl-3:#b4234f;--dl-4:#7c3fc4;--dl-5:#8a6a00;--dl-6:#0b7c8c;--dl-7:#b3249a;--dl-8:#5b6472;--dl-9:#7a4a2b`;
const DARK = `--dl-page:#0e1116;--dl-card:#171b22;--dl-ink:#e8ebf0;--dl-soft:#98a2b3;--dl-line:#2a303a;
--dl-right:106 165 255;--dl-wrong:242 153 74;--dl-strong:#0e1116;
--dl-0:#6aa5ff;--dl-1:#f2994a;--dl-2:#4cc38a;--dl-3:#ff7b9c;--dl-4:#b794ff;--dl-5:#e2c14d;--dl-6:#4fd0e0;--dl-7:#f48ee0;--dl-8:#a7b0be;--dl-9:#d3a27f`;

/** Colours of series and classes; more of them begin anew. */
export const COLOURS = 10;

const colours = Array.from({ length: COLOURS }, (_, i) => `.dl-c${i}{--dl-c:var(--dl-${i})}`).join('');

/** Shades of the cells of a confusion matrix, 1 to 8. */
export const SHADES = 8;

const shades = Array.from({ length: SHADES }, (_, i) => i + 1)
  .flatMap((level) =>
    (['right', 'wrong'] as const).map((kind) => {
      const paint = `rgb(var(--dl-${kind})/${Math.round(6 + level * 11.5)}%)`;
      const ink = level >= 5 ? 'var(--dl-strong)' : 'var(--dl-ink)';
      return `.dl-${kind}${level}{background:${paint};color:${ink};fill:${paint}}.dl-${kind}${level}+text{fill:${ink}}`;
    }),
  )
  .join('');

const VARIABLES = `.dl-report{${LIGHT};color-scheme:light dark}@media(prefers-color-scheme:dark){.dl-report{${DARK}}}`;

/** What the inside of an SVG needs. */
const PICTURE = `${colours}
.dl-svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:12px}
.dl-svg text{fill:var(--dl-soft);font-variant-numeric:tabular-nums}
.dl-svg .dl-title{fill:var(--dl-ink);font-size:15px;font-weight:600}
.dl-svg .dl-name{fill:var(--dl-ink)}
.dl-back{fill:var(--dl-card)}
.dl-grid{stroke:var(--dl-line)}
.dl-line{fill:none;stroke:var(--dl-c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dl-even{stroke:var(--dl-soft);stroke-dasharray:4 4;fill:none}
.dl-area{fill:var(--dl-c);opacity:.12}
.dl-mark{fill:var(--dl-c)}
.dl-point{fill:var(--dl-c);fill-opacity:.75;stroke:var(--dl-card);stroke-width:.6}
.dl-point:hover{fill-opacity:1;stroke:var(--dl-ink);stroke-width:1.5}
.dl-column{fill:var(--dl-c);fill-opacity:.85}
.dl-column:hover{fill-opacity:1}
.dl-hit rect{fill:transparent}
.dl-hit .dl-guide{stroke:var(--dl-soft)}
.dl-hit .dl-dot{fill:var(--dl-c);stroke:var(--dl-card);stroke-width:2}
.dl-hit .dl-guide,.dl-hit:not(.dl-only) .dl-dot{opacity:0}
.dl-hit:hover .dl-guide{opacity:.5}
.dl-hit:hover .dl-dot{opacity:1}
.dl-none{fill:rgb(var(--dl-right)/4%)}
${shades}`;

const PARTS = `.dl-report figure{margin:0;min-width:0}
.dl-report h2{font-size:19px;margin:0 0 4px}
.dl-report h3{font-size:16px;margin:16px 0 4px}
.dl-report .dl-note{color:var(--dl-soft);font-size:14px;margin:0 0 12px;max-width:70ch}
.dl-charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:20px;margin-top:12px}
.dl-small{grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr))}
.dl-chart figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 16px;margin-bottom:4px;overflow-wrap:anywhere}
.dl-one{max-width:540px}
.dl-legend{display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--dl-soft);font-size:14px}
.dl-key::before{content:'';display:inline-block;width:16px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle;background:var(--dl-c)}
.dl-round.dl-key::before,.dl-round .dl-key::before{width:10px;height:10px;border-radius:5px}
.dl-report .dl-svg{display:block;width:100%;height:auto}
.dl-report details{margin-top:16px;font-size:14px}
.dl-report summary{cursor:pointer;color:var(--dl-soft)}
.dl-scroll{overflow-x:auto}
.dl-report table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.dl-numbers{margin-top:8px}
.dl-numbers th,.dl-numbers td{padding:3px 14px 3px 0;text-align:right;font-weight:400;border-bottom:1px solid var(--dl-line);white-space:nowrap}
.dl-numbers th:first-child{text-align:left}
.dl-numbers thead th{color:var(--dl-soft)}
.dl-report table.dl-confusion{font-size:13px;margin-top:12px;width:100%;border-collapse:separate;border-spacing:2px;table-layout:fixed}
.dl-confusion th{font-weight:400;color:var(--dl-soft)}
.dl-confusion tbody th{text-align:right;padding-right:6px;white-space:nowrap}
.dl-confusion .dl-corner{width:88px}
.dl-confusion thead th{vertical-align:bottom;padding-bottom:4px;text-align:left}
.dl-confusion thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}
.dl-confusion tbody td{min-width:26px;height:30px;text-align:center;border-radius:4px}
.dl-confusion tbody .dl-none{background:rgb(var(--dl-right)/4%)}
.dl-bars{list-style:none;margin:12px 0 0;padding:0;font-size:14px}
.dl-bars li{display:grid;grid-template-columns:88px 1fr 60px;gap:10px;align-items:center;padding:4px 0}
.dl-bars .dl-track{background:rgb(var(--dl-right)/10%);border-radius:4px;height:14px;overflow:hidden}
.dl-bars .dl-bar{display:block;height:100%;background:var(--dl-0);border-radius:4px}
.dl-bars .dl-value{text-align:right;font-variant-numeric:tabular-nums}
.dl-columns{display:grid;grid-template-columns:3fr 2fr;gap:16px 24px}
.dl-columns>*{min-width:0}
@media(max-width:820px){.dl-columns{grid-template-columns:1fr}}
@media(max-width:480px){.dl-report table.dl-confusion{font-size:11px;border-spacing:1px}.dl-confusion .dl-corner{width:74px}.dl-confusion tbody td{min-width:22px}}`;

const PAGE = `*{box-sizing:border-box}
body{margin:0;background:var(--dl-page);color:var(--dl-ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 48px}
h1{font-size:clamp(24px,4.5vw,34px);line-height:1.2;margin:0 0 8px;letter-spacing:-.01em;overflow-wrap:anywhere}
p{margin:0 0 12px;max-width:70ch}
section{background:var(--dl-card);border:1px solid var(--dl-line);border-radius:12px;padding:20px;margin-top:16px}
@media(max-width:480px){main{padding:20px 12px 32px}section{padding:14px 12px}}
@media print{body{background:#fff}section{break-inside:avoid}}`;

/** CSS of a picture that stands alone. */
export const pictureStyle: string = `${VARIABLES}\n${PICTURE}`;

/**
 * CSS of parts of pages, as the functions with `page: false` give them. Every selector begins with a class `dl-…`; the parts
 * must stand inside an element of the class `dl-report`, which each of them brings.
 *
 * @example const style = `<style>${reportStyle}</style>`;
 */
export const reportStyle: string = `${pictureStyle}\n${PARTS}`;

/** CSS of a whole page. */
export const pageStyle: string = `${reportStyle}\n${PAGE}`;
