export { buildManifest, manifestBytes } from './build.js';
export { IntegrityError } from './integrity-error.js';
export {
  manifestKey,
  manifestLocation,
  parseKeyTemplate,
  type KeyTemplate,
  type ManifestLocation,
} from './location.js';
export { ManifestError } from './manifest-error.js';
export { readManifest } from './read.js';
export { manifestSchema, type Manifest } from './schema.js';
export { hasManifest, writeManifest } from './write.js';
