import { join } from 'node:path';
import { bundleIntoFolder } from './bundle.js';
import { FUNCTIONS } from './functions.js';

/** `npm run build`: bundles every function into `dist/<name>/`. */
for (const { name } of FUNCTIONS) {
  const { codeBytes } = await bundleIntoFolder(name, join('dist', name));
  process.stdout.write(`dist/${name}/index.js  ${Math.round(codeBytes / 1024)} KB\n`);
}
