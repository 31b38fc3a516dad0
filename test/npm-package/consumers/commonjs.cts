import docjob = require('docjob/manifest');

const manifest: docjob.Manifest = docjob.readManifest('{}');
const urls: Iterable<docjob.PageUrl> = docjob.pageUrls(manifest, {
  credentials: { secretId: 'a', secretKey: 'b' },
  validForSeconds: 60,
});
void urls;

// @ts-expect-error there is no such thing
docjob.writeManifest(manifest);
