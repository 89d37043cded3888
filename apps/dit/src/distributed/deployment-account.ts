import { openWarehouse } from "@dit/storage/engines";
import type { Instances } from "../addresses.ts";
import { readKnownPositions } from "../doctor/read-log-positions.ts";
import { createPipelineAccount, type PipelineAccount } from "../pipeline/pipeline-account.ts";
import { readMetrics } from "./read-metrics.ts";

/** The account of many processes: read from the /metrics of each, and from the warehouse through HTTP. */
export async function openDeploymentAccount(
  instances: Instances,
  cleanup: AsyncDisposableStack,
): Promise<PipelineAccount> {
  const { acsAdminUrl, edgeAdminUrl, ingestAdminUrl, sinkAdminUrl } = instances;
  const warehouse = cleanup.adopt(await openWarehouse({ url: instances.warehouseUrl[0] }), (open) =>
    open.close(),
  );
  return createPipelineAccount({
    warehouse,
    async pending() {
      const positions = await readKnownPositions(sinkAdminUrl);
      return positions.reduce((sum, { appended, dealtWith }) => sum + appended - dealtWith, 0);
    },
    async read() {
      const [acs, edge, ingest] = await Promise.all([
        readMetrics("acs", acsAdminUrl),
        readMetrics("edge", edgeAdminUrl),
        readMetrics("ingest", ingestAdminUrl),
      ]);
      return { acs, edge, ingest };
    },
  });
}
