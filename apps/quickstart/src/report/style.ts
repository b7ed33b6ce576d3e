// The style sheet of the report: light and dark by the reader's preference, one column on a phone.

const light = `--page:#f6f7f9;--card:#fff;--ink:#1b2230;--soft:#5a6475;--line:#e1e5eb;--train:#2563c9;--val:#c2570c;
--right:37 99 201;--wrong:214 98 20;--strong-ink:#fff`;
const dark = `--page:#0e1116;--card:#171b22;--ink:#e8ebf0;--soft:#98a2b3;--line:#2a303a;--train:#6aa5ff;--val:#f2994a;
--right:106 165 255;--wrong:242 153 74;--strong-ink:#0e1116`;

const shades = [1, 2, 3, 4, 5, 6, 7, 8]
  .flatMap((level) =>
    (['right', 'wrong'] as const).map((kind) => {
      const alpha = Math.round(6 + level * 11.5);
      const ink = level >= 5 ? ';color:var(--strong-ink)' : '';
      return `.${kind}${level}{background:rgb(var(--${kind})/${alpha}%)${ink}}`;
    }),
  )
  .join('\n');

/** The CSS text. */
export const style = `:root{color-scheme:light dark;${light}}
@media(prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 48px}
h1{font-size:clamp(24px,4.5vw,34px);line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
h2{font-size:19px;margin:0 0 4px}
p{margin:0 0 12px;max-width:70ch}
.note,footer{color:var(--soft);font-size:14px}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin-top:16px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:24px 0 0;padding:0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-size:24px;font-weight:600;line-height:1.3}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:20px;margin-top:12px}
figure{margin:0}
.chart figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 16px;margin-bottom:4px}
.legend{display:flex;gap:16px;color:var(--soft);font-size:14px}
.key::before{content:'';display:inline-block;width:16px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
.key.train::before{background:var(--train)}
.key.val::before{background:var(--val)}
svg{display:block;width:100%;height:auto}
.tick{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
.grid{stroke:var(--line)}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.train{stroke:var(--train)}
.line.val{stroke:var(--val)}
.epoch rect{fill:transparent}
.epoch .guide{stroke:var(--soft)}
.epoch .dot{stroke:var(--card);stroke-width:2}
.dot.train{fill:var(--train)}
.dot.val{fill:var(--val)}
.epoch .guide,.epoch:not(.only) .dot{opacity:0}
.epoch:hover .guide{opacity:.5}
.epoch:hover .dot{opacity:1}
details{margin-top:16px;font-size:14px}
summary{cursor:pointer;color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.numbers{margin-top:8px}
.numbers th,.numbers td{padding:3px 14px 3px 0;text-align:right;font-weight:400;border-bottom:1px solid var(--line)}
.numbers thead th{color:var(--soft)}
.columns{display:grid;grid-template-columns:3fr 2fr;gap:16px}
.columns section{min-width:0}
.confusion{font-size:13px;margin-top:12px;width:100%;border-collapse:separate;border-spacing:2px;table-layout:fixed}
.confusion th{font-weight:400;color:var(--soft)}
.confusion tbody th{text-align:right;padding-right:6px;white-space:nowrap}
.confusion .corner{width:88px}
.confusion thead th{vertical-align:bottom;padding-bottom:4px;text-align:left}
.confusion thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}
.confusion tbody td{min-width:26px;height:30px;text-align:center;border-radius:4px;background:rgb(var(--right)/4%)}
${shades.replaceAll('.right', '.confusion tbody .right').replaceAll('.wrong', '.confusion tbody .wrong')}
.bars{list-style:none;margin:12px 0 0;padding:0;font-size:14px}
.bars li{display:grid;grid-template-columns:88px 1fr 60px;gap:10px;align-items:center;padding:4px 0}
.bars .track{background:rgb(var(--right)/10%);border-radius:4px;height:14px;overflow:hidden}
.bars .bar{display:block;height:100%;background:var(--train);border-radius:4px}
.bars .value{text-align:right;font-variant-numeric:tabular-nums}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:12px;margin-top:12px}
.image img{display:block;width:100%;height:auto;aspect-ratio:1;image-rendering:pixelated;background:#000;border-radius:8px}
.image figcaption{font-size:12px;line-height:1.35;margin-top:4px;overflow-wrap:anywhere}
.image .said,.image .truth{display:block}
.image .sign{color:var(--train);font-weight:700}
.mistake img{outline:3px solid var(--val);outline-offset:-1px}
.mistake .sign{color:var(--val)}
.sure,.truth{color:var(--soft)}
footer{margin-top:24px}
@media(max-width:820px){.columns{grid-template-columns:1fr;gap:0}}
@media(max-width:480px){main{padding:20px 12px 32px}section{padding:14px 12px}.confusion{font-size:11px;border-spacing:1px}
.confusion .corner{width:74px}.confusion tbody td{min-width:22px}.images{grid-template-columns:repeat(auto-fill,minmax(76px,1fr))}
.facts{grid-template-columns:1fr 1fr}.facts dd{font-size:20px}}
@media print{body{background:#fff}section,.facts div{break-inside:avoid}}`;
