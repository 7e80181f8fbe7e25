import type { ComponentType } from "react";
import type { ControlProps } from "./controls.tsx";

export interface ValueControlProps extends ControlProps {
  label: string;
}

/** The control of any value. Controls that are made of others are given it: importing it, they would import each other. */
export type ValueControl = ComponentType<ValueControlProps>;
