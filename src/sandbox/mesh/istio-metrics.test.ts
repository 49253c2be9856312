import { describe, expect, test } from 'vitest';
import { PODS, TO_V1, count, mesh } from '../../../test/builders/mesh.ts';

describe("Istio's metrics", () => {
  test('name both sides of a request', async () => {
    const under = mesh(TO_V1);
    await under.send({});
    const text = await under.metrics.text();
    const line = text
      .split('\n')
      .find((one) => /^istio_requests_total.*reporter="source"/.test(one));
    const labels = Object.fromEntries(
      [...(line ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    expect(labels).toEqual({
      reporter: 'source',
      source_workload: 'caller',
      source_workload_namespace: 'shop',
      source_principal: 'spiffe://cluster.local/ns/shop/sa/caller',
      source_app: 'caller',
      source_version: 'unknown',
      source_canonical_service: 'caller',
      source_canonical_revision: 'latest',
      source_cluster: 'Kubernetes',
      destination_workload: 'web-v1',
      destination_workload_namespace: 'shop',
      destination_principal: 'spiffe://cluster.local/ns/shop/sa/default',
      destination_app: 'web',
      destination_version: 'v1',
      destination_canonical_service: 'web',
      destination_canonical_revision: 'v1',
      destination_cluster: 'Kubernetes',
      destination_service: 'web.shop.svc.cluster.local',
      destination_service_name: 'web',
      destination_service_namespace: 'shop',
      request_protocol: 'http',
      response_code: '200',
      grpc_response_status: '',
      response_flags: '-',
      connection_security_policy: 'unknown',
    });
  });

  test('of a request that reached no pod keep the Service', async () => {
    const under = mesh(TO_V1.replace('v1', 'v3'));
    await under.send({});
    const unknown = 'destination_workload="unknown".*destination_canonical_revision="latest"';
    expect(
      await count(under, `${unknown}.*destination_service_name="web".*response_flags="UH"`),
    ).toBe(1);
  });

  test.each([
    ['0%', [200, 0], '200".*grpc_response_status="0".*response_flags="-"'],
    ['100%', [200, 2], '200".*grpc_response_status="2".*response_flags="-"'],
    ['100% 503', [200, 14], '200".*grpc_response_status="14".*response_flags="-"'],
  ])('of gRPC tell its own status: errors %s', async (errors, expected, labels) => {
    const annotations = { 'sandbox.linnet.dev/errors': errors };
    const under = mesh(TO_V1, [{ ...PODS[0]!, annotations }]);
    const headers = { 'content-type': 'application/grpc' };
    const { status, grpcStatus } = await under.send({ headers });
    expect([status, grpcStatus]).toEqual(expected);
    const both = `request_protocol="grpc".*response_code="${labels}`;
    expect(await count(under, `reporter="source".*${both}`)).toBe(1);
    expect(await count(under, `reporter="destination".*${both}`)).toBe(1);
  });

  test('of gRPC tell what the mesh itself refuses', async () => {
    const under = mesh(TO_V1.replace('v1', 'v3'));
    await under.send({ headers: { 'content-type': 'application/grpc+proto' } });
    expect(await count(under, 'grpc_response_status="14".*response_flags="UH"')).toBe(1);
  });

  test('of a pod without a sidecar come from the caller only', async () => {
    const under = mesh(TO_V1, [{ ...PODS[0]!, sidecar: false }]);
    await under.send({});
    expect(await count(under, 'reporter="destination"')).toBe(0);
    expect(await count(under, 'reporter="source"')).toBe(1);
  });
});
