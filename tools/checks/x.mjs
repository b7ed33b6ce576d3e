import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
for (const f of ['mlp','dense']) { const r = await build({ entryPoints: [`tools/checks/size/${f}.mjs`], bundle: true, minify: true, format: 'esm', write: false, conditions: ['@dl/source'], ...(f==='dense'?{external:['@dl/tensor','@dl/tensor/*']}:{}) });
console.log(f, gzipSync(r.outputFiles[0].contents,{level:9}).length); }
