import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { aDeployment } from '../../../test/builders/workload-objects.ts';
import type { CanaryService } from '../../api/service.ts';
import { portNames, wantedPorts } from './service-ports.ts';

const TARGET = aDeployment(
  {},
  {
    containers: [
      {
        name: 'app',
        ports: [
          { name: 'web', containerPort: 8080 },
          { name: 'metrics', containerPort: 9090 },
          { containerPort: 7000 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'http', containerPort: 6000 },
          { name: 'plain', containerPort: 80 },
        ],
      },
      { name: 'istio-proxy', ports: [{ name: 'envoy', containerPort: 15090 }] },
    ],
    initContainers: [
      { name: 'log', restartPolicy: 'Always', ports: [{ name: 'log', containerPort: 5000 }] },
      { name: 'setup', ports: [{ name: 'setup', containerPort: 4000 }] },
    ],
  },
);

function serviceWith(parts: Record<string, unknown>): CanaryService {
  const { service } = aCanary({ spec: { service: { port: 80, ...parts } } }).spec;
  if (service === undefined) throw new Error('a Canary has a service');
  return service;
}

describe('portDiscovery', () => {
  it.each([['web'], [8080]])('adds what else the pods listen on, targetPort %j', (targetPort) => {
    const ports = wantedPorts(serviceWith({ targetPort, portDiscovery: true }), TARGET);
    expect(ports).toEqual([
      { name: 'http', protocol: 'TCP', port: 80, targetPort },
      { name: 'metrics', protocol: 'TCP', port: 9090, targetPort: 9090 },
      { name: 'tcp-app-2', protocol: 'TCP', port: 7000, targetPort: 7000 },
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
      { name: 'tcp-app-4', protocol: 'TCP', port: 6000, targetPort: 6000 },
      { name: 'log', protocol: 'TCP', port: 5000, targetPort: 5000 },
    ]);
  });

  it('adds nothing when it is off', () => {
    expect(wantedPorts(serviceWith({ targetPort: 'web' }), TARGET)).toHaveLength(1);
  });
});

describe('portNames', () => {
  it('are those of containers and of sidecars that run beside them', () => {
    expect(portNames(TARGET)).toEqual(['web', 'metrics', 'dns', 'http', 'plain', 'envoy', 'log']);
  });
});
