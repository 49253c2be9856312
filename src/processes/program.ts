/** Where a program is, and what its environment needs besides that of this process. */
export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}
