/** How a metrics store names what the mesh counts. */
export interface MeshSeries {
  /** Of `<prefix>_requests_total`, `<prefix>_tcp_connections_opened_total` and the like. */
  readonly prefix: string;
  /** The store's names of labels, by those of Istio, where they differ. */
  readonly labels: ReadonlyMap<MeshLabel, string>;
  /**
   * Values of the label `reporter` that are believed: of the proxies beside the workloads, and of the
   * waypoints before those that have none.
   */
  readonly reporters: readonly string[];
  /** Whether the series of the recording rules that the chart ships are read instead. */
  readonly isRecorded: boolean;
}

/** Labels that Linnet asks for, as Istio names them. */
export const MESH_LABELS = [
  'reporter',
  'source_workload',
  'source_workload_namespace',
  'destination_workload',
  'destination_workload_namespace',
  'destination_service_name',
  'destination_service_namespace',
  'request_protocol',
  'response_code',
  'response_flags',
  'grpc_response_status',
] as const;
export type MeshLabel = (typeof MESH_LABELS)[number];

/** As Istio has them. */
export const ISTIO_SERIES: MeshSeries = {
  prefix: 'istio',
  labels: new Map(),
  reporters: ['destination', 'waypoint'],
  isRecorded: false,
};
