import { group, type Command, type Group } from '../command.js';
import { cloud } from './cloud.js';
import { completion } from './completion.js';
import { doctor } from './doctor.js';
import { deadDrop } from './dead-drop.js';
import { deadList } from './dead-list.js';
import { deadRedrive } from './dead-redrive.js';
import { deadShow } from './dead-show.js';
import { enqueue } from './enqueue.js';
import { list } from './list.js';
import { manifest } from './manifest.js';
import { poll } from './poll.js';
import { reconcile } from './reconcile.js';
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
  list,
  group('dead', 'look after the jobs that were given up', [deadList, deadShow, deadRedrive, deadDrop]),
  report,
  reconcile,
  sign,
  cloud,
  completion,
];
