export interface PreferenceControlProps {
  objectives: readonly string[];
  value: readonly number[];
  onChange: (value: number[]) => void;
  /** which of several this is */
  label: string;
}
