import type { Command, Group } from '../command.js';
import { cloud } from './cloud.js';
import { completion } from './completion.js';
import { doctor } from './doctor.js';
import { enqueue } from './enqueue.js';
import { manifest } from './manifest.js';
import { poll } from './poll.js';
import { report } from './report.js';
import { sign } from './sign.js';
import { status } from './status.js';
import { submit } from './submit.js';
import { view } from './view.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly (Command | Group)[] = [
  submit,
  enqueue,
  poll,
  status,
  manifest,
  doctor,
  view,
  report,
  sign,
  cloud,
  completion,
];
