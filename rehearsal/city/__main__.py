"""Write the files of a synthetic city: `python -m rehearsal.city --out DIR [--arrears-rows 100000] [--layout city]`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rehearsal.city import CityPlan, Layout, build_city, known_to, write_files
from rehearsal.city.towns import CITIES

_LAYOUTS = {"standard": Layout.STANDARD, "city": Layout.CITY_CP932}


def main(words: Sequence[str]) -> int:
    parser = ArgumentParser(prog="python -m rehearsal.city", description="架空の市の取込用ファイルを作ります")
    parser.add_argument("--out", type=Path, required=True, help="ファイルを置くフォルダー")
    parser.add_argument("--seed", type=int, default=1, help="種。同じ数なら同じ市です")
    parser.add_argument("--households", type=int, default=1_500, help="世帯数(既定 1500)")
    parser.add_argument("--arrears-rows", type=int, help="滞納期別明細をこの行数以上にする(世帯数より優先)")
    parser.add_argument(
        "--layout", choices=sorted(_LAYOUTS), default="standard", help="standard か、CP932・和暦の city"
    )
    parser.add_argument("--towns", choices=CITIES, default=CITIES[0], help="町丁目を借りる市")
    args = parser.parse_args(words)
    plan = CityPlan(seed=args.seed, households=args.households, towns=args.towns)
    if args.arrears_rows is not None:
        plan = plan.with_arrears_rows(args.arrears_rows)
    layout = _LAYOUTS[args.layout]
    for file in write_files(known_to(build_city(plan), layout), args.out, layout):
        print(f"{file.rows:>10,}行  {file.path}  (対応表 {file.mapping_path.name})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
