"""What people read: a page for each student, one on the class, with similar answers and pictures.

In: verdicts and the gradebook's scores. Out: HTML that holds no test code and no markup of a student's.
"""
