import { join } from 'node:path';
import { bundleFunction } from './bundle.js';

/** `npm run build`: bundles every function into `dist/<name>/`. */
for (const name of ['poll']) {
  const bytes = await bundleFunction(name, join('dist', name));
  process.stdout.write(`dist/${name}/index.js  ${Math.round(bytes / 1024)} KB\n`);
}
