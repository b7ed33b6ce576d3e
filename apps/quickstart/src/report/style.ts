// What the report page needs beside the style of its charts and tables: layout, facts and images.

/** The CSS text; it goes behind `reportStyle` of `@dl/keras/reports`, whose colours it uses. */
export const style = `*{box-sizing:border-box}
body{margin:0;background:var(--dl-page);color:var(--dl-ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 48px}
h1{font-size:clamp(24px,4.5vw,34px);line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
p{margin:0 0 12px;max-width:70ch}
.note,footer{color:var(--dl-soft);font-size:14px}
section{background:var(--dl-card);border:1px solid var(--dl-line);border-radius:12px;padding:20px;margin-top:16px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:24px 0 0;padding:0}
.facts div{background:var(--dl-card);border:1px solid var(--dl-line);border-radius:12px;padding:12px 16px}
.facts dt{color:var(--dl-soft);font-size:13px}
.facts dd{margin:0;font-size:24px;font-weight:600;line-height:1.3}
.columns{display:grid;grid-template-columns:3fr 2fr;gap:16px}
.columns section{min-width:0}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:12px;margin-top:12px}
.image img{display:block;width:100%;height:auto;aspect-ratio:1;image-rendering:pixelated;background:#000;border-radius:8px}
.image figcaption{font-size:12px;line-height:1.35;margin-top:4px;overflow-wrap:anywhere}
.image .said,.image .truth{display:block}
.image .sign{color:var(--dl-0);font-weight:700}
.mistake img{outline:3px solid var(--dl-1);outline-offset:-1px}
.mistake .sign{color:var(--dl-1)}
.sure,.truth{color:var(--dl-soft)}
footer{margin-top:24px}
@media(max-width:820px){.columns{grid-template-columns:1fr;gap:0}}
@media(max-width:480px){main{padding:20px 12px 32px}section{padding:14px 12px}
.images{grid-template-columns:repeat(auto-fill,minmax(76px,1fr))}.facts{grid-template-columns:1fr 1fr}.facts dd{font-size:20px}}
@media print{body{background:#fff}section,.facts div{break-inside:avoid}}`;
