import { sentenceOf } from "../../api/errors.ts";
import { Panel } from "../../components/panel.tsx";

/** A panel whose file could not be read. */
export const Unread = ({ title, error }: { title: string; error: Error }) => (
  <Panel title={title}>
    <p role="alert" className="text-bad">
      {sentenceOf(error)}
    </p>
  </Panel>
);
