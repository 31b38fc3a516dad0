import type { CmqFault } from '../../../local/cmq/index.js';
import type { Dice } from '../core/dice.js';

const ANYWHERE: readonly [CmqFault, ...CmqFault[]] = [
  { kind: 'lose-answer' },
  { kind: 'lose-answer' },
  { kind: 'lose-request' },
  { kind: 'refuse', as: 'Throttled' },
  { kind: 'refuse', as: 'Internal' },
  { kind: 'refuse', as: 'ChargeOverdue' },
  { kind: 'answer', status: 502, body: '<html>502 Bad Gateway</html>' },
  { kind: 'answer', status: 200, body: '' },
];

/** What befalls a call of the data plane. */
export function drawCmqFault(action: string, dice: Dice): CmqFault {
  if (action === 'BatchReceiveMessage' && dice.chance(0.4)) return { kind: 'deliver-twice' };
  if (action === 'BatchDeleteMessage' && dice.chance(0.4))
    return { kind: 'partial', entries: [dice.integer(0, 3), dice.integer(0, 3)], as: 'DeleteFailed' };
  return dice.pick(ANYWHERE);
}

/** Its name, for counting. */
export function nameOf(fault: CmqFault): string {
  switch (fault.kind) {
    case 'refuse':
      return `queue-refused-${fault.as}`;
    case 'answer':
      return `queue-answer-${fault.status}`;
    case 'lose-answer':
    case 'lose-request':
    case 'deliver-twice':
    case 'partial':
      return `queue-${fault.kind}`;
  }
}
