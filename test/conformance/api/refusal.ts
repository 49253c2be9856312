/** What an API server answers that refuses, word for word. */
export function refusal(
  code: number,
  reason: string,
  message: unknown,
  details?: unknown,
): { status: number; body: object } {
  return {
    status: code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    },
  };
}

/** An answer's status and body, which is what a refusal consists of. */
export const said = ({ status, body }: { status: number; body: unknown }): object => ({
  status,
  body,
});
