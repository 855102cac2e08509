"""The manifest as a Croissant 1.1 dataset with its RAI extension, for catalogues and loaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from provenance.manifest.facts import Facts
from provenance.manifest.layout import COLUMNS
from provenance.manifest.writing import Sealing

_FILE: Final = "manifest"
_TYPES: Final = {pa.int64(): "sc:Integer", pa.string(): "sc:Text"}
_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(facts: Facts, name: str, sealing: Sealing, size: int, sha256: str) -> Mapping[str, Any]:
    """Return the JSON-LD; arguments as of `provenance.manifest.papers.papers`."""
    header = facts.header
    operators = sorted({run.operator for run, _ in facts.runs})
    licences = sorted({url for group in facts.groups for url in group.urls})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": name.removesuffix(".parquet"),
        "description": (
            f"{facts.counts.rows:,} documents selected for {header['usage']} under policy "
            f"{header['policy']['name']}, each with where its payload lies, what was stated about rights, and the decision."
        ),
        "creator": [{"@type": "sc:Organization", "name": operator} for operator in operators],
        "datePublished": header["as_of"],
        "version": "1.0.0",
        "identifier": f"sha256:{sealing.seal}",
        "isLiveDataset": False,
        "license": licences or ["none stated: see the rows"],
        "citeAs": f"{name}, sha256:{sealing.seal}",
        "url": name,
        **_rai(facts),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": _FILE,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{size} B",
                "encodingFormat": "application/x-parquet",
                "sha256": sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "documents",
                "name": "documents",
                "description": "One row a document.",
                "key": {"@id": "documents/capture"},
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"documents/{column.name}",
                        "name": column.name,
                        "description": column.says,
                        "dataType": _TYPES.get(column.type, "sc:DateTime"),
                        "source": {"fileObject": {"@id": _FILE}, "extract": {"column": column.name}},
                    }
                    for column in COLUMNS
                ],
            }
        ],
    }


def _rai(facts: Facts) -> Mapping[str, Any]:
    header = facts.header
    excluded = [f"{reason}: {count:,}" for reason, count in header["counts"]["excluded"].items()]
    collected = (
        "Fetched from the web by a crawler that asks for permission before every request and records what is stated "
        "about rights."
    )
    frame = [] if facts.span is None else [moment.isoformat().replace("+00:00", "Z") for moment in facts.span]
    return {
        "rai:dataCollection": collected,
        "rai:dataCollectionType": ["Web Scraping"],
        "rai:dataCollectionRawData": "WARC files, one record an exchange; each row names its record.",
        "rai:dataCollectionMissingData": "; ".join(excluded) or "none",
        **({"rai:dataCollectionTimeFrame": frame} if frame else {}),
        "rai:dataPreprocessingProtocol": [
            f"duplicates: {header['query']['duplicates']}",
            f"versions of a URL: {header['query']['versions']}",
            "payloads are as received",
        ],
        "rai:dataUseCases": [f"{header['usage']}, under policy {header['policy']['name']}"],
        "rai:dataLimitations": [
            "Rights are as stated by publishers and read by a policy; nobody was asked.",
            f"True as of {header['as_of']}; check again before each use.",
        ],
        "rai:dataBiases": ["not recorded: which sites were crawled was chosen by the operator"],
        "rai:personalSensitiveInformation": ["not recorded: documents are as published"],
        "rai:dataSocialImpact": "not recorded",
        "rai:dataReleaseMaintenancePlan": (
            "Erasures and denials are told in a recall feed; a check decides every row anew."
        ),
    }
