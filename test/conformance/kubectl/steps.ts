export interface Step {
  /** What follows `kubectl`; words with blanks stand in single quotes. */
  run: string;
  /** With which it ends; 0 unless told otherwise. */
  code?: number;
  /** The shop unless told otherwise; read by `-f -`. */
  stdin?: string;
}

const shop = (image: string, more = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:${image}
          ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: info${more}}
---
apiVersion: linnet.dev/v1beta1
kind: Canary
metadata: {name: web}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  service: {port: 80}
  analysis: {interval: 10s, stepWeight: 20}
`;

export const MANIFEST = shop('1');
const N = '-n kubectl-smoke';
const BAD = shop('1').replace('interval: 10s', 'interval: soon');

/** What people type. */
export const STEPS: Step[] = [
  { run: 'create namespace kubectl-smoke' },
  { run: `apply ${N} -f -` },
  { run: `apply ${N} -f -` },
  { run: `wait ${N} --for=condition=Available deployment/web --timeout=60s` },
  { run: `rollout status ${N} deployment/web --timeout=60s` },
  { run: `get ${N} deployments,services,canaries` },
  { run: `get ${N} deploy web -o wide` },
  { run: `get ${N} pods -l app=web` },
  { run: `get ${N} svc web -o yaml` },
  { run: `get ${N} configmap settings -o json` },
  { run: `get ${N} canary web -o yaml --show-managed-fields` },
  { run: `get ${N} canary web -o 'jsonpath={.spec.targetRef.name} {.spec.analysis}'` },
  { run: `get ${N} canary -o name` },
  { run: `get ${N} canary -o 'custom-columns=NAME:.metadata.name,PORT:.spec.service.port'` },
  { run: `get ${N} nothing`, code: 1 },
  { run: `get ${N} canary missing`, code: 1 },
  { run: `describe ${N} configmap settings` },
  { run: `describe ${N} canary web` },
  { run: `describe ${N} service web` },
  { run: `diff ${N} -f -` },
  { run: `apply ${N} -f - --dry-run=server`, stdin: shop('2') },
  { run: `apply ${N} -f -`, stdin: shop('2', ', mode: fast') },
  { run: `apply ${N} -f -`, stdin: BAD, code: 1 },
  { run: `apply ${N} --server-side -f -`, stdin: shop('3') },
  { run: `apply ${N} --server-side --force-conflicts -f -`, stdin: shop('3') },
  { run: `apply ${N} --server-side --field-manager=other -f -`, stdin: shop('4'), code: 1 },
  { run: `set image ${N} deployment/web web=registry.example/web:5` },
  { run: `rollout status ${N} deployment/web --timeout=60s` },
  { run: `scale ${N} deployment/web --replicas=3` },
  { run: `wait ${N} --for=jsonpath={.status.readyReplicas}=3 deployment/web --timeout=60s` },
  { run: `label ${N} canary web team=shop` },
  { run: `label ${N} canary web team=other`, code: 1 },
  { run: `label ${N} canary web team=other --overwrite` },
  { run: `annotate ${N} canary web linnet.dev/pause=yes` },
  { run: `get ${N} canary -l team=other --show-labels` },
  { run: `patch ${N} canary web --type=merge -p '{"spec":{"suspend":true}}'` },
  {
    run: `patch ${N} canary web --type=json -p '[{"op":"test","path":"/spec/suspend","value":false}]'`,
    code: 1,
  },
  { run: `patch ${N} canary web -p '{"spec":{"suspend":true}}'`, code: 1 },
  { run: `patch ${N} deployment web -p '{"spec":{"minReadySeconds":1}}'` },
  { run: `patch ${N} canary web --type=merge -p '{"spec":{"service":{"port":0}}}'`, code: 1 },
  {
    run: `patch ${N} canary web --subresource=status --type=merge -p '{"status":{"phase":"Odd"}}'`,
    code: 1,
  },
  { run: 'explain canary.spec.targetRef' },
  { run: `api-resources --api-group=linnet.dev` },
  { run: `create ${N} configmap made --from-literal=a=b` },
  { run: `create ${N} configmap made --from-literal=a=b`, code: 1 },
  { run: `create ${N} deployment extra --image=registry.example/extra:1 --replicas=0` },
  { run: `get ${N} configmap made -o 'jsonpath={.data}'` },
  { run: `delete ${N} configmap made` },
  { run: `delete ${N} configmap made`, code: 1 },
  { run: `delete ${N} configmap made --ignore-not-found` },
  { run: `get ${N} configmaps -w --request-timeout=2s`, code: 0 },
  { run: `delete ${N} -f - --timeout=60s` },
  { run: `get ${N} canaries` },
];
