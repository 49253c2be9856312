import { startLinnetProcess, type LinnetProcess, type Program } from './linnet-process.ts';

export interface LinnetOptions {
  /** One more replica of this one, or its successor: the same account, in the same namespace. */
  readonly replicaOf?: Linnet;
  /** Watch this namespace only, with rights in it only. */
  readonly namespace?: string;
  /** Values of the chart, such as `a.b=c`, where its rights are installed. */
  readonly chart?: readonly string[];
  /** As on the command line, without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Another way to the API server: answers the kubeconfig to use instead of that of its account. */
  readonly through?: (kubeconfig: string) => Promise<string>;
  readonly program?: Program;
}

export interface Linnet extends LinnetProcess, Account {
  readonly namespace: string | undefined;
}

export interface Account {
  /** The user that the API server knows it by; undefined where it asks for nobody's name. */
  readonly user: string | undefined;
  /** What it reaches the API server by. */
  readonly kubeconfig: string;
}

/** Where controllers run. */
export interface Site {
  /** What all of them get. */
  readonly flags: Readonly<Record<string, string>>;
  /** For one that is no replica of another. */
  newAccount(
    namespace: string | undefined,
    chart: readonly string[] | undefined,
  ): Promise<Account> | Account;
}

/** Starts the controller as a process of its own, as the account that it has there. */
export async function startLinnet(site: Site, options: LinnetOptions = {}): Promise<Linnet> {
  const { replicaOf, chart, flags = {}, env, program } = options;
  const namespace = replicaOf?.namespace ?? options.namespace;
  const { user, kubeconfig } = replicaOf ?? (await site.newAccount(namespace, chart));
  const linnet = await startLinnetProcess(
    {
      kubeconfig: (await options.through?.(kubeconfig)) ?? kubeconfig,
      ...site.flags,
      ...(namespace === undefined ? {} : { namespace }),
      ...flags,
    },
    env,
    program,
  );
  return { ...linnet, namespace, user, kubeconfig };
}
