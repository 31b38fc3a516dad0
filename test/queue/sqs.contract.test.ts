import { hours, minutes } from '../../lib/domain/units.js';
import { describePendingQueue } from './contract.js';
import { openOnEmbeddedSqs } from './embedded-sqs.js';
import { openOnFauxqs } from './fauxqs.js';

const capabilities = {
  exclusiveLeases: true,
  showsAll: false,
  leasesAsLongAsAsked: true,
  exactDelays: true,
  maxLookAgainDelay: hours(12),
  maxEnqueueDelay: minutes(15),
};

describePendingQueue('SQS, on our embedded SQS', { capabilities, open: openOnEmbeddedSqs, faults: true });
describePendingQueue('SQS, on fauxqs', { capabilities, open: openOnFauxqs, faults: false });
