import { hours } from '../../lib/domain/units.js';
import { describePendingQueue } from './contract.js';
import { openOnEmbeddedCmq } from './embedded-cmq.js';

const capabilities = {
  exclusiveLeases: true,
  showsAll: false,
  leasesAsLongAsAsked: false,
  exactDelays: true,
  maxLookAgainDelay: hours(1),
  maxEnqueueDelay: hours(1),
};

describePendingQueue('CMQ, on our embedded CMQ', { capabilities, open: openOnEmbeddedCmq, faults: true });
