import type { RoutesIntent } from '../../ports/intent.ts';

/** What the mesh shall do with requests, in numbers. */
export type Routing = Exclude<RoutesIntent, string>;
