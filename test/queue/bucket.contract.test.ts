import { millis } from '../../lib/domain/units.js';
import { describePendingQueue } from './contract.js';
import { openOnEmbeddedBucket } from './embedded-bucket.js';

const capabilities = {
  exclusiveLeases: false,
  showsAll: true,
  leasesAsLongAsAsked: true,
  exactDelays: false,
  maxLookAgainDelay: millis(0),
  maxEnqueueDelay: millis(0),
};

describePendingQueue('The bucket queue, on the embedded COS', {
  capabilities,
  open: openOnEmbeddedBucket,
  faults: true,
});
