/** What all that is deployed is called after, on either cloud. */
export const SERVICE = 'docjob';
