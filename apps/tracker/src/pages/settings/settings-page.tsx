import { useNavigate, useSearch } from "@tanstack/react-router";
import { PageTitle } from "../../components/page-title.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { AboutTab } from "./about-tab.tsx";
import { AuditTab } from "./audit-tab.tsx";
import { DatasetsTab } from "./datasets-tab.tsx";
import { HealthTab } from "./health-tab.tsx";
import { KeysTab } from "./keys-tab.tsx";
import { ModelsTab } from "./models-tab.tsx";
import { NeedsScope } from "./needs-scope.tsx";
import { StorageTab } from "./storage-tab.tsx";
import { WebhooksTab } from "./webhooks-tab.tsx";

export function SettingsPage() {
  const { tab = "keys" } = useSearch({ from: "/shell/settings" });
  const navigate = useNavigate({ from: "/settings" });
  return (
    <>
      <PageTitle title="Settings" />
      <Tabs
        label="Settings"
        value={tab}
        onChange={(next) =>
          void navigate({ search: (before) => ({ ...before, tab: next === "keys" ? undefined : next }) })
        }
        tabs={[
          {
            name: "keys",
            label: "Keys",
            content: () => (
              <NeedsScope scope="admin" what="Keys are shown to">
                <KeysTab />
              </NeedsScope>
            ),
          },
          { name: "storage", label: "Storage", content: () => <StorageTab /> },
          { name: "health", label: "Health", content: () => <HealthTab /> },
          { name: "models", label: "Models", content: () => <ModelsTab /> },
          { name: "datasets", label: "Datasets", content: () => <DatasetsTab /> },
          {
            name: "webhooks",
            label: "Webhooks",
            content: () => (
              <NeedsScope scope="write" what="Webhooks are shown to">
                <WebhooksTab />
              </NeedsScope>
            ),
          },
          {
            name: "audit",
            label: "Audit",
            content: () => (
              <NeedsScope scope="admin" what="Who changed what is shown to">
                <AuditTab />
              </NeedsScope>
            ),
          },
          { name: "about", label: "About", content: () => <AboutTab /> },
        ]}
      />
    </>
  );
}
