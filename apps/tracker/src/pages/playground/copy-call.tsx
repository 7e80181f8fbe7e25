import { CodeXml } from "lucide-react";
import { BASE } from "../../api/base.ts";
import { Button } from "../../components/button.tsx";
import { Menu } from "../../components/menu.tsx";
import { toast } from "../../components/toast.tsx";
import { curlCall, pythonCall, type GenerateRequest } from "./api-call.ts";

/** The request that the page makes, for other programs. */
export function CopyCall({ request }: { request: GenerateRequest | null }) {
  const copy = async (text: (origin: string, request: GenerateRequest) => string): Promise<void> => {
    if (!request) return;
    try {
      await navigator.clipboard.writeText(text(`${location.origin}${BASE}`, request));
      toast.done("Copied. It reads your key from UNIARM_KEY.");
    } catch {
      toast.error("The browser does not let this page copy.");
    }
  };
  return (
    <Menu
      label="Copy as API call"
      items={[
        { label: "Copy for curl", disabled: !request, onSelect: () => void copy(curlCall) },
        { label: "Copy for Python", disabled: !request, onSelect: () => void copy(pythonCall) },
      ]}
    >
      <Button>
        <CodeXml aria-hidden />
        Copy as API call
      </Button>
    </Menu>
  );
}
