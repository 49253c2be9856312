/** A module that sets the clock of the process that loads it, in milliseconds from the right time. */
export function shiftedBy(ms: number): string {
  return `data:text/javascript,${encodeURIComponent(SHIFTED.replace('SHIFT', String(ms)))}`;
}

/** Only the clock on the wall is wrong: timers and `performance.now()` go as they should. */
const SHIFTED = `
const Right = Date;
const now = () => Right.now() + SHIFT;
globalThis.Date = new Proxy(Right, {
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, self),
  apply: () => new Right(now()).toString(),
  get: (target, name, self) => (name === 'now' ? now : Reflect.get(target, name, self)),
});
`;
