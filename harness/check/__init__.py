"""`harness check`: may this old image be reused, here, and for what?"""
