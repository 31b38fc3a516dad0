import type { Command, Group } from '../command.js';
import { sign } from './sign.js';
import { status } from './status.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly (Command | Group)[] = [status, sign];
