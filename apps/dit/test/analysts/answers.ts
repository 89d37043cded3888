type Cell = string | number | boolean | null;
export type Answer = readonly (readonly Cell[])[];

/** What each question's query answers, worked out by hand from `people.ts`; rows and columns in the query's order. */
export function answersOf(firstDay: string, lastDay: string): Readonly<Record<string, Answer>> {
  return {
    "Which views are there, and what can they group by?": [
      ["client_health__log_called", "11", ""],
      ["client_health__report_uploaded", "11", "outcome, events, platform, connection_type"],
      [
        "client_health__session_started",
        "11",
        "device_category, platform, app_version, after_crash, screen_width, screen_height, language, connection_type, effective_connection, round_trip_ms",
      ],
      ["client_health__timer_fired", "11", "planned_ms"],
      ["client_health__tokens_fetched", "11", "outcome, tokens"],
    ],
    // 40 + 20 + 15 + 5 + 3 + 4 clients, of which 40 came twice; then 13 more.
    "How many clients are there a day?": [
      [firstDay, 87, 127, 1.46],
      [lastDay, 100, 140, 1.4],
    ],
    // Of 187: 20 a day, 24 and 37, 43 a day.
    "Which versions do they run?": [
      ["2.3.0", 40, 21.4],
      ["2.4.0", 61, 32.6],
      ["2.4.1", 86, 46],
    ],
    // 11 crashed a day; none (up to 10 a day); 12, and then 4 (up to 10).
    "What share of clients is crash-free, by version?": [
      ["2.3.0", 40, 45, 45],
      ["2.4.0", 61, 67.2, 100],
      ["2.4.1", 86, 74.4, 86],
    ],
    // 15 of 17 a day, the two that failed being hidden; 120 of 132 a day; 40 of 51 and 66 of 77.
    "What share of uploads is delivered, by operating system?": [
      ["MacIntel", 34, 88.2],
      ["Win32", 264, 90.9],
      ["iPhone", 128, 82.8],
    ],
    // 12 + 11 + 2 clients a day, once each.
    "Why do uploads fail, and for how many?": [["unreachable", 50, 50]],
    // Cellular: 20 or 33, and 4. Wi-Fi: 40 three times at 100 ms, and 15 + 5 once at 120 ms, a seventh of them.
    "How long does a delivered upload take, by network?": [
      [firstDay, "cellular", 24, 400, 400],
      [firstDay, "wifi", 60, 100, 120],
      [lastDay, "cellular", 37, 400, 400],
      [lastDay, "wifi", 60, 100, 120],
    ],
    // 157,270 ms in 212 uploads, and 26 more at 400 ms on the last day.
    "Did uploads get slower since the day before?": [
      [firstDay, 742, null],
      [lastDay, 704, -38],
    ],
    // 3g: iPhones alone, at 200 ms. 4g: 80 and 15 sessions at 50 ms, 5 at 80 ms, 4 at 90 ms.
    "How good are the networks?": [
      ["3g", 53, 200],
      ["4g", 128, 53],
    ],
    // 80 + 15 + 3 sessions of 58 clients a day; 24 and 37. Tablets are hidden.
    "How often is the app opened, by kind of device?": [
      ["desktop", 196, 1.69],
      ["mobile", 61, 1],
    ],
    "Which operating systems gain clients?": [
      ["iPhone", 20, 33, 13],
      ["MacIntel", 15, 15, 0],
      ["Win32", 40, 40, 0],
    ],
    // Others: 5 + 3 + 4 a day, at least 11 together.
    "Which languages are worth a translation?": [
      ["en-US", 110],
      ["de-DE", 53],
      ["(others)", 24],
    ],
    // By both: 12 hidden sessions a day, of 267.
    "How much of that is hidden?": [
      ["platform", 9],
      ["platform, app_version, language", 9],
    ],
    "How often do clients get their tokens?": [
      ["ok", 187, 187, 80],
      ["unreachable", 53, 53, 3_000],
    ],
    "Are timers late, by how long they were to wait?": [
      [2_000, 107, 15],
      [1_000, 80, 5],
    ],
    "What does logging cost the app?": [
      [firstDay, 87, 20],
      [lastDay, 100, 30],
    ],
  };
}
