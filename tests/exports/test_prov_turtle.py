"""PROV-O in Turtle: rdflib reads it, and it is the graph that the prov package makes."""

import pytest
import rdflib
from hypothesis import given, settings
from prov.model import ProvDocument
from rdflib.compare import isomorphic

from tests.exports.pictures import hospital, pictures
from traceprop_nb.exports import prov_json, prov_turtle

PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")


def parsed(picture) -> rdflib.Graph:
    return rdflib.Graph().parse(data=prov_turtle.write(picture).decode(), format="turtle")


def spelled(graph: rdflib.Graph) -> rdflib.Graph:
    """With times as instants: two packages spell their digits differently."""
    out = rdflib.Graph()
    for s, p, o in graph:
        if isinstance(o, rdflib.Literal) and o.datatype == rdflib.XSD.dateTime:
            o = rdflib.Literal(str(o.toPython()))
        out.add((s, p, o))
    return out


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # between those two packages
def test_it_is_the_graph_that_the_prov_package_makes():
    document = ProvDocument.deserialize(content=prov_json.write(hospital()).decode(), format="json")
    theirs = rdflib.Graph().parse(
        data=document.serialize(format="rdf", rdf_format="turtle"), format="turtle"
    )
    mine = parsed(hospital())
    assert len(list(mine.triples((None, PROV.wasDerivedFrom, None)))) == 8
    mine.remove((None, PROV.wasDerivedFrom, None))  # they write the qualified ones only
    assert isomorphic(spelled(mine), spelled(theirs))


def test_one_other_statement_makes_another_graph():
    one, other = parsed(hospital()), parsed(hospital())
    (first, *_) = other.triples((None, PROV.used, None))
    other.remove(first)
    assert not isomorphic(one, other)


def test_rdflib_can_refuse():
    text = prov_turtle.write(hospital()).decode()
    with pytest.raises(rdflib.plugins.parsers.notation3.BadSyntax, match="syntax"):
        rdflib.Graph().parse(data=text.replace(" ;", " ", 1), format="turtle")


@given(pictures())
@settings(max_examples=25, deadline=None)
def test_rdflib_reads_every_session_and_every_name_comes_through(picture):
    graph = parsed(picture)
    labels = {str(o) for o in graph.objects(None, rdflib.RDFS.label)}
    things = (*picture.sources, *picture.values, *picture.runs, *picture.cells, *picture.agents)
    assert labels == {thing.name for thing in things if thing.name}
    entities = set(graph.subjects(rdflib.RDF.type, PROV.Entity))
    assert len(entities) == 1 + len(picture.sources + picture.values + picture.runs)


def test_a_query_finds_the_files_behind_a_model():
    found = parsed(hospital()).query(
        'SELECT ?name WHERE { ?model rdfs:label "clf" ; prov:wasDerivedFrom+ ?source .'
        " ?source a tp:Source ; rdfs:label ?name }"
    )
    assert {str(row.name) for row in found} == {"a.csv", "b.csv"}
