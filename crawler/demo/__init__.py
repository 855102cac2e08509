"""A small publisher's site with every kind of rights signal, served on loopback: the demo, and the tests' fixture."""

from crawler.demo.expectations import Expectation, Fate, expectations
from crawler.demo.job import job_text
from crawler.demo.server import Access, DemoServer

__all__ = ["Access", "DemoServer", "Expectation", "Fate", "expectations", "job_text"]
