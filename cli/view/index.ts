export { openView } from './open-view.js';
export { presignedLinks, type LinkPolicy } from './page-links.js';
export { reportPage } from './report-page.js';
export { summarizeLog, type LogSummary } from './summary.js';
export { viewPage, type PageLinks } from './view-page.js';
