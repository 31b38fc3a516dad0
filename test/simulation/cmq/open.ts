import { openSqsWorld } from '../sqs/open.js';
export const openCmqWorld = openSqsWorld;
