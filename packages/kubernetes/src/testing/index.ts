export { NAMESPACE, startTestCluster, type Exchange, type TestCluster } from "./cluster.ts";
