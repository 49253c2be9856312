const TIE = `process.stdin.resume().on('end', () => process.kill(process.pid, 'SIGKILL')).unref()`;

/**
 * Arguments by which a Node process dies with whoever started it, however that one ends: it alone
 * holds the other end of the input.
 */
export const TIED = ['--import', `data:text/javascript,${encodeURIComponent(TIE)}`];
