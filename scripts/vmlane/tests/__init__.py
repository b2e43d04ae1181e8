"""python3 -m unittest discover -s scripts/vmlane/tests -t scripts"""
