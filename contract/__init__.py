"""Every shape of Runquote, written once.

DynamoDB items, API schemas, state inputs and outputs, container payloads, TypeScript types and resource names
all derive from these modules. `python -m contract.generate` writes what is generated from them.
"""
