/** Something that is waited for until `happen` is called. */
export function happening(): { happen: () => void; happened: Promise<void> } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happen: () => happen(), happened };
}
