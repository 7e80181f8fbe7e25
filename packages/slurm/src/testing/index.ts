export { slurmMissing, startCluster, type Cluster, type ClusterSize } from "./cluster.ts";
