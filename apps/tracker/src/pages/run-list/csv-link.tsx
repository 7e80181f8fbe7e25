import { LIMITS } from "@uniarm/core/schema";
import { Download } from "lucide-react";
import { BASE } from "../../api/base.ts";
import { ZONE } from "../../api/queries.ts";
import { Button, buttonLook } from "../../components/button.tsx";

const TOO_LONG = "Filter and columns are too long for one address: choose fewer columns, or a shorter filter.";

/** All runs of the list, also those that are not loaded: the server writes them as a file. */
export function CsvLink({ asked }: { asked: Readonly<Record<string, string | undefined>> }) {
  const given = Object.entries({ ...asked, zone: ZONE }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const address = `${BASE}/api/runs.csv?${new URLSearchParams(given).toString()}`;
  const label = (
    <>
      <Download aria-hidden />
      CSV
    </>
  );
  if (address.length > LIMITS.url)
    return (
      <Button disabled title={TOO_LONG}>
        {label}
      </Button>
    );
  return (
    <a
      href={address}
      download="runs.csv"
      title="All runs of this list, for a spreadsheet"
      className={buttonLook("plain")}
    >
      {label}
    </a>
  );
}
