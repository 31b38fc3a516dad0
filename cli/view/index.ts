export { openView } from './open-view.js';
export { presignedLinks, type LinkPolicy } from './page-links.js';
export { reportPage, type ReportOptions } from './report-page.js';
export { summarizeLog, type LogSummary } from './summary.js';
export { viewPage, type PageLinks, type ViewOptions } from './view-page.js';
