import { isBlockedField } from "@dit/protocol";
import { textTable } from "../text-table.ts";
import type { Board, MeasuredSubject, UseCaseBoard } from "./read-board.ts";

const NAMES = [
  "field",
  "level",
  "by",
  "pids",
  "values",
  "pids exposed",
  "at least",
  "values rare",
  "comes back",
  "",
];

/** The board for a terminal. */
export function describeBoard(board: Board): string {
  if (board.length === 0) return "there is no use case";
  return board.map(describeUseCase).join("\n\n");
}

function describeUseCase({ useCase, blockedFields, subjects }: UseCaseBoard): string {
  if (subjects.length === 0) return `${useCase}\n  nothing is measured yet`;
  const rows = subjects.map((subject) => [
    `${subject.event}.${subject.fields.join(" + ")}`,
    subject.level,
    subject.level === "fine" ? "" : subject.found_by,
    String(subject.pids),
    String(subject.value_count),
    percent(subject.exposed_pids),
    percent(subject.exposed_pids_lower),
    percent(subject.potential_k),
    subject.linkability === null ? "?" : percent(subject.linkability),
    isBlocked(subject, blockedFields) ? "blocked" : "",
  ]);
  return `${useCase}\n${textTable(NAMES, rows)}`;
}

function isBlocked({ event, fields }: MeasuredSubject, blocked: UseCaseBoard["blockedFields"]): boolean {
  return fields.some((field) => isBlockedField(blocked, event, field));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}
